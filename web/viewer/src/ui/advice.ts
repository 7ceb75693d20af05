// SPDX-License-Identifier: Apache-2.0
// From a problem to a sentence that says what to do.
import type { Problem } from "../api/problem.ts";
import type { Texts } from "./texts.ts";

/** Two sentences; the server's texts end without a full stop, as programs' messages do. */
function sentences(first: string, second: string): string {
  const isChinese = /\p{Script=Han}/u.test(second);
  const stop = /[。！？.!?]$/u.test(first) ? "" : isChinese ? "。" : ".";
  return `${first}${stop}${isChinese ? "" : " "}${second}`;
}

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
  return problem.detail ? sentences(problem.detail, next) : next;
}
