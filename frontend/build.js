/** Bundle the page into the integration's folder, as one file whose name carries its hash: browsers keep it for 31 days. */

import { build } from "esbuild";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const into = join(here, "../custom_components/local_voice/frontend");
const work = join(here, "node_modules/.built");

await rm(work, { recursive: true, force: true });
await build({
  absWorkingDir: here, // paths in the bundle are relative: the same bytes in any folder
  entryPoints: { "local-voice": "src/main.ts" },
  outdir: work,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "eof", // Lit's licence asks for its notice
  logLevel: "warning",
});

const [bundle] = await readdir(work);
await mkdir(into, { recursive: true });
await rename(join(work, bundle), join(into, bundle)); // whole, or not at all
for (const name of await readdir(into)) {
  if (name !== bundle) await rm(join(into, name), { recursive: true });
}
console.log(bundle);
