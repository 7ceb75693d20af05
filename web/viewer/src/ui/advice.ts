// SPDX-License-Identifier: Apache-2.0
// From a problem to a sentence that says what to do.
import type { Problem } from "../api/problem.ts";
import type { Texts } from "./texts.ts";

/** The server's sentence, when it has one, and the next step. */
export function adviceOf(problem: Problem, texts: Texts): string {
  const known = texts.problems;
  switch (problem.code) {
    case "network":
    case "answer":
    case "no_origin":
    case "position_order":
      return known[problem.code];
  }
  const next =
    problem.status === 404 ? known.not_found : problem.status === 503 ? known.busy : known.other;
  return problem.detail ? `${problem.detail} ${next}` : next;
}
