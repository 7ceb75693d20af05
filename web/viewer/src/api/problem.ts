// SPDX-License-Identifier: Apache-2.0
// Every way a request can fail, as one kind of error (RFC 9457 problems and what comes before them).
import type { NamedPlace } from "./types.ts";

export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    /** The server's code, "network" when no answer came, "answer" when it made no sense. */
    readonly code: string,
    /** What the server says, in the language that was asked for; may be empty. */
    readonly detail: string,
    readonly status = 0,
    /** The places an ambiguous name may mean. */
    readonly choices: readonly NamedPlace[] = [],
  ) {
    super(`${code}: ${detail}`);
  }
}
