/**
 * Writes styles into the elements of our own markup, since mail clients know little of style sheets. Rules are keyed by
 * element (`td`), class (`.number`), or both (`th.number`), and hold in this order.
 * Texts can't be hit: they come with `<` and `"` escaped, so that whatever looks like an element is one.
 */
export function withInlineStyles(html: string, rules: Readonly<Record<string, string>>): string {
  return html.replace(/<([a-z][a-z0-9]*)((?: [a-z-]+(?:="[^"]*")?)*)>/g, (whole, name: string, attributes: string) => {
    const classes = (/ class="([^"]*)"/.exec(attributes)?.[1] ?? '').split(' ').filter((each) => each !== '');
    const keys = [name, ...classes.map((each) => `.${each}`), ...classes.map((each) => `${name}.${each}`)];
    const own = / style="([^"]*)"/.exec(attributes)?.[1];
    const style = [...keys.flatMap((key) => rules[key] ?? []), ...(own ? [own] : [])].join(';');
    if (style === '') return whole.replace(/ class="[^"]*"/, '');
    return `<${name}${attributes.replace(/ (?:class|style)="[^"]*"/g, '')} style="${style}">`;
  });
}
