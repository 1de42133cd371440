/** Bytes that a response with a page of a list has at most, unless its one item alone has more. */
export const PAGE_BYTES = 1024 * 1024;

/** More bytes than the names, the punctuation and the cursor of a page have. */
const FRAME = 256;

/**
 * The items of a page as JSON, as many from the start as `PAGE_BYTES` has room for; never none of several.
 * @param used bytes that the response has beside the page
 */
export function itemsThatFit(items: readonly object[], used = 0): string[] {
  const texts: string[] = [];
  let left = PAGE_BYTES - FRAME - used;
  for (const item of items) {
    const text = JSON.stringify(item);
    left -= Buffer.byteLength(text) + 1;
    if (left < 0 && texts.length > 0) break;
    texts.push(text);
  }
  return texts;
}

/** A page of a list as JSON. @param items each as JSON */
export function pageJson(items: readonly string[], nextCursor: string | null): string {
  return `{"data":[${items.join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`;
}
