import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TlsIdentity } from "../../adapters/modbus/index.ts";

/** Why no certificates can be made here; null when they can. */
export const opensslMissing = spawnSync("openssl", ["version"]).status === 0 ? null : "openssl is absent: nothing over TLS is checked";

export interface Authority {
  /** A certificate for 127.0.0.1, with a role in it or without. */
  identity(role?: string): TlsIdentity;
}

/** A certificate authority of a test's own, made with the openssl program. */
export function authority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-ca-"));
  try {
    const openssl = (...args: readonly string[]) => execFileSync("openssl", [...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    const text = (name: string) => readFileSync(join(folder, name), "utf8");
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl("req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", "-days", "2");
    const [caKey, ca] = [text("ca.key"), text("ca.pem")];
    return { identity: (role) => ({ ...signed(caKey, ca, role), ca }) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function signed(caKey: string, ca: string, role: string | undefined): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-cert-"));
  try {
    const openssl = (...args: readonly string[]) => execFileSync("openssl", [...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    writeFileSync(join(folder, "ca.key"), caKey);
    writeFileSync(join(folder, "ca.pem"), ca);
    const extensions = [
      "subjectAltName = IP:127.0.0.1",
      ...(role === undefined ? [] : [`1.3.6.1.4.1.50316.802.1 = ASN1:FORMAT:UTF8,UTF8String:${role}`]),
    ];
    writeFileSync(join(folder, "extensions"), extensions.join("\n"));
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl("req", ...newKey, "-keyout", "own.key", "-out", "own.csr", "-subj", "/CN=inverter.lan");
    openssl(
      "x509",
      "-req",
      "-in",
      "own.csr",
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-out",
      "own.pem",
      "-days",
      "2",
      "-extfile",
      "extensions",
    );
    return { key: readFileSync(join(folder, "own.key"), "utf8"), cert: readFileSync(join(folder, "own.pem"), "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
