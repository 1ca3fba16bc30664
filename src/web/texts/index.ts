import { en } from "./en.ts";

type Words<T> = T extends string
  ? string
  : T extends (...given: infer G) => string
    ? (...given: G) => string
    : { readonly [K in keyof T]: Words<T[K]> };
export type Texts = Words<typeof en>;

/** The words of the page; one language so far. */
export const texts: Texts = en;
