declare const shape: unique symbol;

/** A JSON schema that knows the TypeScript type it describes, so that the compiler notices when the two part. */
export type Schema<T> = { readonly [keyword: string]: unknown; readonly [shape]?: T };
export type Of<S> = S extends Schema<infer T> ? T : never;

type Properties = Readonly<Record<string, Schema<unknown>>>;

export const text = (limits: { minLength?: number; maxLength?: number; pattern?: string } = {}): Schema<string> => ({
  type: "string",
  ...limits,
});
/** Real numbers: percent, milliseconds. */
export const number: Schema<number> = { type: "number" };
/** Wh, micro-currency, counts. */
export const integer: Schema<number> = { type: "integer" };
export const count: Schema<number> = { type: "integer", minimum: 0 };
export const truth: Schema<boolean> = { type: "boolean" };
export const instant = text({ pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$" });

export const oneOf = <const V extends readonly string[]>(...values: V): Schema<V[number]> => ({ type: "string", enum: values });
export const nullable = <T>(schema: Schema<T>): Schema<T | null> => ({ anyOf: [schema, { type: "null" }] });
export const list = <T>(items: Schema<T>, maxItems?: number): Schema<readonly T[]> => ({
  type: "array",
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
});
export const pair = <T>(items: Schema<T>): Schema<readonly [T, T]> => ({ type: "array", items, minItems: 2, maxItems: 2 });

/** Every property is required and no other may be there: what is unknown is null, never left out. */
export const object = <P extends Properties>(properties: P): Schema<{ readonly [K in keyof P]: Of<P[K]> }> => ({
  type: "object",
  additionalProperties: false,
  required: Object.keys(properties),
  properties,
});

/** The same with properties that may be left out: for what others wrote, where leaving out has a meaning. */
export const withOptional = <S, P extends Properties>(
  schema: Schema<S>,
  optional: P,
): Schema<S & { readonly [K in keyof P]?: Of<P[K]> }> => {
  const properties = { ...(schema.properties as Properties), ...optional };
  return { ...(schema as Schema<never>), properties };
};

export const described = <T>(schema: Schema<T>, description: string): Schema<T> => ({ ...schema, description });

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? unknown : never) : never;

/** `mirrors<StreetState>()(schema)` compiles only while schema and type say the same. */
export const mirrors =
  <T>() =>
  <S extends Schema<unknown>>(schema: S & Same<Of<S>, T>): Schema<T> =>
    schema as Schema<unknown> as Schema<T>;
