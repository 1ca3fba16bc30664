import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryFolder } from "./folder.ts";

/**
 * A small disk whose power can go at any moment: ext4 in a file, through a loop device. `cut` shuts the file system down as it
 * stands (EXT4_IOC_SHUTDOWN without a flush of its journal), whatever a process is in the middle of: what it didn't hand to the
 * device is gone, what is tried after that fails. `restore` mounts what the device holds, as a start after the cut does. It
 * doesn't show a device that lies about its cache or tears a sector.
 */
export interface CutDisk {
  /** A folder on it. */
  readonly path: string;
  cut(): void;
  /** After all who have files open there have ended. */
  restore(): void;
  remove(): void;
}

const SHUTDOWN = `
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))`;
const PYTHON = "/usr/bin/python3";

export function cutDisk(megabytes = 64): CutDisk {
  const folder = memoryFolder();
  const image = join(folder.path, "image");
  const path = join(folder.path, "disk");
  writeFileSync(image, "");
  truncateSync(image, megabytes * 1_048_576);
  run("mkfs.ext4", "-q", "-F", image);
  mkdirSync(path);
  run("mount", "-o", "loop", image, path);
  return {
    path,
    cut: () => run(PYTHON, "-c", SHUTDOWN, path),
    restore: () => {
      run("umount", path);
      run("mount", "-o", "loop", image, path);
    },
    remove: () => {
      run("umount", path);
      folder.remove();
    },
  };
}

/** Why there can be no such disk here; null when there can. */
export function cutDiskMissing(): string | null {
  if (process.platform !== "linux") return "only Linux has it";
  if (process.getuid?.() !== 0) return "only root may mount";
  if (!existsSync(PYTHON)) return `${PYTHON} is absent`;
  try {
    cutDisk(16).remove();
    return null;
  } catch (error) {
    return (error as Error).message.split("\n").join(" ");
  }
}

function run(command: string, ...args: readonly string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ends with ${status}: ${stderr}`);
}
