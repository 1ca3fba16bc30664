import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import type { ConfigProblem } from "./problems.ts";
import type { Path, Source } from "./yaml.ts";

export type ConfigKind = "market" | "street" | "home" | "venue" | "device";

const ajv = new Ajv2020({ allErrors: true, verbose: true, useDefaults: true, allowUnionTypes: true });
const compiled = new Map<ConfigKind, ValidateFunction>();

/** Holds a file against its published schema and puts the schema's defaults into it. All problems at once. */
export function holdAgainstSchema(kind: ConfigKind, source: Source): readonly ConfigProblem[] {
  const validate = schemaOf(kind);
  return validate(source.value) ? [] : (validate.errors ?? []).map((error) => explain(error, source));
}

function schemaOf(kind: ConfigKind): ValidateFunction {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  const url = new URL(`../../../config/schema/${kind}.schema.json`, import.meta.url);
  const validate = ajv.compile(JSON.parse(readFileSync(url, "utf8")) as object);
  compiled.set(kind, validate);
  return validate;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
  null: "empty",
};

/** Where no value may be shown: it could be a secret in the wrong place. */
const SECRET = new Set(["password", "invitation", "owner", "chain", "key", "authenticationKey", "broker"]);

function explain(error: ErrorObject, source: Source): ConfigProblem {
  const path = pathOf(error.instancePath, source.value);
  const schema = error.parentSchema as { readonly description?: string; readonly properties?: object };
  if (error.keyword === "additionalProperties") return unknownKey(path, String(error.params.additionalProperty), schema, source);
  if (error.keyword === "required") return missingKey(path, String(error.params.missingProperty), schema, source);
  const { line, column } = source.positionOf(path);
  const shown = path.some((step) => SECRET.has(String(step))) ? "this" : show(error.data);
  const code = error.keyword === "type" ? "CONFIG_TYPE" : "CONFIG_VALUE";
  const place = path.length === 0 ? {} : { key: keyOf(path) };
  return {
    code,
    line,
    column,
    ...place,
    what: sentence(error, shown),
    ...(schema.description === undefined ? {} : { wayOut: schema.description }),
  };
}

function unknownKey(parent: Path, key: string, schema: { readonly properties?: object }, source: Source): ConfigProblem {
  const known = Object.keys(schema.properties ?? {});
  const path = [...parent, key];
  return { code: "CONFIG_KEY_UNKNOWN", ...source.positionOf(path), key: keyOf(path), what: "unknown key", meant: { written: key, known } };
}

function missingKey(parent: Path, key: string, schema: { readonly properties?: object }, source: Source): ConfigProblem {
  const wanted = (
    schema.properties as Readonly<Record<string, { readonly description?: string; readonly examples?: readonly unknown[] }>> | undefined
  )?.[key];
  const example = wanted?.examples?.[0];
  const wayOut = [wanted?.description, example === undefined ? undefined : `e.g. ${key}: ${JSON.stringify(example)}`]
    .filter((part) => part !== undefined)
    .join(", ");
  return { code: "CONFIG_KEY_MISSING", ...source.positionOf(parent), key: keyOf([...parent, key]), what: "is missing", wayOut };
}

function sentence(error: ErrorObject, shown: string): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case "type":
      return `${shown} is not ${[params.type]
        .flat()
        .map((type) => TYPES[String(type)] ?? String(type))
        .join(" or ")}`;
    case "minimum":
      return `${shown} is less than ${params.limit}`;
    case "maximum":
      return `${shown} is more than ${params.limit}`;
    case "enum":
      return `${shown} is none of the choices`;
    case "minLength":
      return params.limit === 1 ? "is empty" : `has fewer than ${params.limit} characters`;
    case "minItems":
      return `has fewer than ${params.limit} entries`;
    case "maxItems":
      return `has more than ${params.limit} entries`;
    case "pattern":
      return `${shown} isn't written as it has to be`;
    case "dependentRequired":
      return `"${params.property}" needs "${params.missingProperty}" beside it`;
    case "uniqueItems":
      return "has an entry twice";
    case "minProperties":
    case "maxProperties":
      return `needs exactly ${params.limit} of its keys`;
    default:
      return `${shown} doesn't fit`;
  }
}

/** Ajv's JSON pointer as a path; list places as numbers. */
function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  }
  return path;
}

/** "homeList[2].kwp" */
export const keyOf = (path: Path): string =>
  path.reduce<string>((key, step) => (typeof step === "number" ? `${key}[${step}]` : key === "" ? step : `${key}.${step}`), "");

const show = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
