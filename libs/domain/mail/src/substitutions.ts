/**
 * Substitution of tags by values, as SendGrid's `personalizations[].substitutions` asks for it: a tag is any text,
 * matched exactly. The text is read once from left to right; where several tags begin the longest one wins, and a value
 * is not searched for tags again. So the result does not depend on the order in which the tags were given.
 */

export type Substitutions = Readonly<Record<string, string>>;

interface TagNode {
  readonly next: Map<number, TagNode>;
  /** The tag that ends here. */
  tag?: string;
}

/** A set of tags, ready to be found. */
export class TagFinder {
  private readonly root: TagNode = { next: new Map() };

  constructor(tags: Iterable<string>) {
    for (const tag of tags) this.add(tag);
  }

  /** Text before the first tag, the tag, text after it, the next tag … : texts at even places, tags at odd ones. */
  split(text: string): readonly string[] {
    const pieces: string[] = [];
    let from = 0;
    for (let at = 0; at < text.length; ) {
      const tag = this.tagAt(text, at);
      if (tag === undefined) {
        at += 1;
        continue;
      }
      pieces.push(text.slice(from, at), tag);
      at += tag.length;
      from = at;
    }
    pieces.push(text.slice(from));
    return pieces;
  }

  private tagAt(text: string, start: number): string | undefined {
    let longest: string | undefined;
    let node = this.root.next.get(text.charCodeAt(start));
    for (let at = start + 1; node; at++) {
      longest = node.tag ?? longest;
      node = at < text.length ? node.next.get(text.charCodeAt(at)) : undefined;
    }
    return longest;
  }

  private add(tag: string): void {
    let node = this.root;
    for (let i = 0; i < tag.length; i++) {
      let next = node.next.get(tag.charCodeAt(i));
      if (!next) {
        next = { next: new Map() };
        node.next.set(tag.charCodeAt(i), next);
      }
      node = next;
    }
    if (tag !== '') node.tag = tag;
  }
}

/** The pieces of a text with values in place of its tags; a tag without a value is an error of the caller. */
export function filled(pieces: readonly string[], values: Substitutions): string {
  return pieces.map((piece, i) => (i % 2 === 0 ? piece : (values[piece] ?? ''))).join('');
}

/** The text with every tag replaced by its value. */
export function substitute(text: string, values: Substitutions): string {
  return filled(new TagFinder(Object.keys(values)).split(text), values);
}
