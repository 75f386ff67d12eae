import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../local-cloud/program/packageFolder";
import { packedFiles } from "../support/packedFiles";

const root = packageRoot();

/**
 * Files that a consumer needs: code with types and source maps, the worker image's build context, its instances'
 * scripts, the plugin, and documents.
 */
const expected = [
  /^dist\/(cli|client|components|contract|local-cloud(?!\/engine)|plugin|testing)\/.+\.(m?js|m?js\.map|d\.m?ts)$/,
  /^dist\/lambdas\/(manifest\.json|\w+\.js)$/,
  /^dist\/local-cloud\/vendor\/LICENSES\.txt$/,
  /^worker-image\/(Dockerfile|\.dockerignore|fonts\.conf|package\.json|package-lock\.json|dist\/.+\.js(\.map)?)$/,
  /^examples\/starter\/[\w./-]+$/,
  /^worker-image\/boot\/[\w-]+\.(sh|service|timer)$/,
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|PulumiPlugin\.yaml|schema\.json)$/,
];

/** A package that code asks for by name. */
const packageRequest = /(?:(?:require|import)\(|from )"(?!node:)((?:@[\w.-]+\/)?[\w-][\w.-]*)/g;

interface Manifest {
  main: string;
  types: string;
  exports: Record<string, string | Record<string, string>>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

describe("what is packed", () => {
  let files: string[];

  before(() => {
    files = packedFiles();
  });

  it("is what a consumer needs, and nothing else", () => {
    expect(files.filter((file) => !expected.some((pattern) => pattern.test(file)))).to.deep.equal([]);
    for (const pattern of expected) expect(files.some((file) => pattern.test(file))).to.equal(true);
  });

  it("has all that package.json names", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
    const { main, types, exports, bin } = manifest;
    const named = [main, types, Object.values(bin), flat(exports)].flat();
    expect(named.length).to.be.greaterThan(5);
    for (const file of named) expect(files).to.include(file.replace(/^\.\//, ""));
  });

  it("requires no package that package.json doesn't bring", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
    const { dependencies, optionalDependencies, peerDependencies } = manifest;
    const brought = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    const required = files.flatMap((file) => {
      if (!/^dist\/(?!local-cloud\/vendor\/).*\.m?js$/.test(file)) return [];
      const requests = readFileSync(join(root, file), "utf8").matchAll(packageRequest);
      return [...requests].map(([, name]) => name!).filter((name) => !isBuiltin(name));
    });
    expect(required).to.include("zod");
    expect([...new Set(required)].filter((name) => !brought.includes(name))).to.deep.equal([]);
  });

  it("keeps the licence of each package that it holds a copy of", () => {
    const text = readFileSync(join(root, "dist", "local-cloud", "vendor", "LICENSES.txt"), "utf8");
    for (const name of ["fauxqs", "fastify", "cookie", "pino", "log-update", "wrap-ansi"]) {
      expect(text).to.match(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(\\S+\\)$`, "m"));
    }
    expect(
      text.match(/permission is hereby granted|redistribution and use|permission to use/gi)!.length,
    ).to.be.greaterThan(40);
  });

  it("has each file's source in its map, and no path of the machine that built it", () => {
    const code = files.filter((file) => /^dist\/(?!local-cloud\/vendor\/|lambdas\/).*\.m?js$/.test(file));
    expect(code.length).to.be.greaterThan(100);
    for (const file of code) {
      const { sourcesContent } = JSON.parse(readFileSync(join(root, `${file}.map`), "utf8")) as {
        sourcesContent?: string[];
      };
      expect(sourcesContent?.[0], file).to.be.a("string");
    }
    for (const file of files.filter((name) => existsSync(join(root, name)))) {
      expect(readFileSync(join(root, file), "utf8").includes(root), file).to.equal(false);
    }
  });
});

describe("what the client's package packs", () => {
  it("is its code and types, without Pulumi, and requires what it brings", () => {
    const files = packedFiles("client");
    const allowed =
      /^(package\.json|README\.md|LICENSE|dist\/index\.m?js(\.map)?|dist\/types\/(client|contract)\/.+\.d\.ts)$/;
    expect(files.filter((file) => !allowed.test(file))).to.deep.equal([]);
    const manifest = JSON.parse(readFileSync(join(root, "client", "package.json"), "utf8")) as Manifest;
    for (const file of [manifest.main, manifest.types, ...flat(manifest.exports)]) {
      expect(files).to.include(file.replace(/^\.\//, ""));
    }
    const code = files.filter((file) => /\.m?js$|\.d\.ts$/.test(file));
    const required = code.flatMap((file) =>
      [...readFileSync(join(root, "client", file), "utf8").matchAll(packageRequest)].map(([, name]) => name!),
    );
    const others = [...new Set(required)].filter((name) => !isBuiltin(name));
    expect(others.sort()).to.deep.equal(Object.keys(manifest.dependencies).sort());
  });

  it("has the version of the whole", () => {
    const [own, whole] = ["client", "."].map(
      (folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as { version: string },
    );
    expect(own!.version).to.equal(whole!.version);
  });
});

function flat(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Object.values(value as Record<string, unknown>).flatMap(flat);
}
