// SPDX-License-Identifier: Apache-2.0
// One store: a value, replaced as a whole, and those who want to know.

export interface Store<T> {
  get(): T;
  set(patch: Partial<T>): void;
  /** Calls back now, and whenever one of the picked values is another one than before. */
  watch(pick: (state: T) => readonly unknown[], changed: () => void, signal: AbortSignal): void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let state = initial;
  const listeners = new Set<() => void>();

  return {
    get: () => state,
    set(patch) {
      state = { ...state, ...patch };
      for (const listener of [...listeners]) listener();
    },
    watch(pick, changed, signal) {
      if (signal.aborted) return;
      let before = pick(state);
      const listener = () => {
        const now = pick(state);
        if (now.every((value, i) => Object.is(value, before[i]))) return;
        before = now;
        changed();
      };
      listeners.add(listener);
      signal.addEventListener("abort", () => listeners.delete(listener), { once: true });
      changed();
    },
  };
}
