/** What a locale brings along. To make it takes `Intl` far longer than to use it, and pages need few of them, often. */

const MOST_KEPT = 1_000;

/** Keeps what was made, by name. */
function kept<T>(): (name: string, make: () => T) => T {
  const all = new Map<string, T>();
  return (name, make) => {
    const known = all.get(name);
    if (known !== undefined) return known;
    if (all.size >= MOST_KEPT) all.clear();
    const made = make();
    all.set(name, made);
    return made;
  };
}

const numbers = kept<Intl.NumberFormat>();
const plurals = kept<Intl.PluralRules>();
const locales = kept<Intl.Locale>();

/** @param locale BCP 47 */
export const numberFormat = (locale: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat =>
  numbers(`${locale} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options));

/** How a language counts. */
export const pluralRules = (locale: string): Intl.PluralRules => plurals(locale, () => new Intl.PluralRules(locale));

/** With the language and the script that are meant where the locale does not say. */
export const fullLocale = (locale: string): Intl.Locale => locales(locale, () => new Intl.Locale(locale).maximize());
