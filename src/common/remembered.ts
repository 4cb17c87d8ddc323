/**
 * A function of an object that works out its answer once and knows it for as long as the object is there.
 * @param keeps whether an object can't change any more; one that may is asked about anew. All are kept where nothing is said
 */
export function remembered<Of extends object, Answer extends NonNullable<unknown>>(
  workOut: (of: Of) => Answer,
  keeps: (of: Of) => boolean = () => true,
): (of: Of) => Answer {
  const known = new WeakMap<Of, Answer>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const answer = workOut(of);
    if (keeps(of)) known.set(of, answer);
    return answer;
  };
}
