/** Undefined when the address answers with 200, else what it did. */
export async function askHttp(url: string, withinMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) });
    await response.arrayBuffer();
    return response.status === 200 ? undefined : `${url} answers with ${response.status}`;
  } catch (error) {
    return `${url} does not answer (${error instanceof Error ? error.message : String(error)})`;
  }
}
