// Adds to package-lock.json the optional packages of other platforms that npm left out.
//
// Behind a registry that serves only this platform's packages, `npm install` writes a lock file that `npm ci` refuses
// everywhere ("Missing: … from lock file"). Their versions are known (a package pins them exactly) and their platform
// stands in their names, so the entries can be written without installing them. Their sums are asked of the registry, as
// an entry without one is installed whatever was served. Run it after adding a package; where nothing is missing it
// changes nothing.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const file = "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8"));
const paths = Object.keys(lock.packages);
const locked = (name) => paths.some((path) => path.endsWith(`node_modules/${name}`));

for (const [parent, { dev, optionalDependencies = {} }] of Object.entries(lock.packages))
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (locked(name)) continue;
    const [, family, os, cpu, musl] =
      /^(.+-)(android|darwin|linux|win32)-(arm64|arm|x64)(-musl)?$/.exec(name) ?? [];
    if (family === undefined || !/^\d[\w.-]*$/.test(version)) {
      process.exitCode = 1;
      console.error(`${parent} needs ${name}@${version}, which cannot be derived`);
      continue;
    }
    const sibling = lock.packages[paths.find((path) => path.startsWith(`node_modules/${family}`)) ?? ""];
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(dev && { dev }),
      ...(musl && { libc: ["musl"] }),
      ...(!musl && os === "linux" && sibling?.libc && { libc: ["glibc"] }),
      ...(sibling?.license && { license: sibling.license }),
      optional: true,
      os: [os],
      ...(sibling?.engines && { engines: sibling.engines }),
    };
    console.log(`added ${name}@${version}`);
  }

for (const [path, entry] of Object.entries(lock.packages)) {
  if (!path.startsWith("node_modules/") || entry.link || entry.integrity) continue;
  const name = `${entry.name ?? path.split("node_modules/").at(-1)}@${entry.version}`;
  try {
    // On Windows npm is a script, which only a shell starts.
    const shell = process.platform === "win32";
    const integrity = execFileSync("npm", ["view", name, "dist.integrity"], {
      encoding: "utf8",
      shell,
    }).trim();
    if (!/^sha512-[\w+/]{86}==$/.test(integrity)) throw new Error("the registry tells no SHA-512 sum");
    const { version, ...rest } = entry;
    lock.packages[path] = { version, integrity, ...rest };
    console.log(`added the sum of ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.error(`${name} has no sum: ${error.message}`);
  }
}

lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en")),
);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
