/** Checks again and again for so many milliseconds: what is so must stay so. */
export async function holds(milliseconds: number, check: () => Promise<void>): Promise<void> {
  const end = Date.now() + milliseconds;
  do {
    await check();
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < end);
}
