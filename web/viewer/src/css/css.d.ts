// SPDX-License-Identifier: Apache-2.0
// In tests a style sheet is its text (see test.mjs).
declare module "*.css" {
  const text: string;
  export default text;
}
