import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";
import { packedFiles } from "../support/packedFiles";

const root = packageRoot();

/**
 * Files that a consumer needs: code with types and source maps, prices, the worker image's build context, instances'
 * scripts, the plugin, and documents.
 */
const expected = [
  /^components\/aws\/priceTable\.json$/,
  /^dist\/(cli|client|components|contract|local-cloud|plugin|testing)\/.+\.(m?js|m?js\.map|d\.m?ts)$/,
  /^dist\/lambdas\/(manifest\.json|\w+\.js)$/,
  /^(dist\/((cli|local-cloud)\/vendor|console)|worker-image\/dist)\/LICENSES\.txt$/,
  /^dist\/console\/(index\.html|console\.(js|css))$/,
  /^worker-image\/(Dockerfile|\.dockerignore|fonts\.conf|package\.json|package-lock\.json|dist\/.+\.js(\.map)?)$/,
  /^examples\/starter\/[\w./-]+$/,
  /^worker-image\/boot\/[\w-]+\.(sh|service|timer)$/,
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|PulumiPlugin\.yaml|(tools\/deployer|openapi|schema)\.json)$/,
];

/** A package that code asks for by name. */
const packageRequest = /(?:(?:require|import)\(|from )"(?!node:)((?:@[\w.-]+\/)?[\w-][\w.-]*)/g;

interface Manifest {
  version: string;
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
    const { main, types, exports, bin } = manifestOf(".");
    const named = [main, types, Object.values(bin), flat(exports)].flat();
    expect(named.length).to.be.greaterThan(5);
    for (const file of named) expect(files).to.include(file.replace(/^\.\//, ""));
  });

  it("requires no package that package.json doesn't bring", () => {
    const { dependencies, optionalDependencies, peerDependencies } = manifestOf(".");
    const brought = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    const required = files.flatMap((file) => {
      if (!/^dist\/(?!.*\/vendor\/).*\.m?js$/.test(file)) return [];
      const requests = readFileSync(join(root, file), "utf8").matchAll(packageRequest);
      return [...requests].map(([, name]) => name!).filter((name) => !isBuiltin(name));
    });
    expect(required).to.include("zod");
    expect([...new Set(required)].filter((name) => !brought.includes(name))).to.deep.equal([]);
  });

  it("keeps the licence of each package that it holds a copy of", () => {
    const folders = ["cli/vendor", "local-cloud/vendor", "console"];
    const texts = folders.map((folder) => join(root, "dist", folder, "LICENSES.txt"));
    const text = texts.map((file) => readFileSync(file, "utf8")).join("\n");
    for (const name of ["fauxqs", "fastify", "cookie", "pino", "log-update", "wrap-ansi", "preact"]) {
      expect(text).to.match(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(\\S+\\)$`, "m"));
    }
    expect(
      text.match(/permission is hereby granted|redistribution and use|permission to use/gi)!.length,
    ).to.be.greaterThan(40);
  });

  it("has each file's source in its map, and no path of the machine that built it", () => {
    const code = files.filter((file) => /^dist\/(?!.*\/vendor\/|lambdas\/|console\/).*\.m?js$/.test(file));
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

/** The packages beside the root's: their files, and packages that their code finds by other ways than a request. */
const others = [
  {
    folder: "client",
    allowed: /^(package\.json|README\.md|LICENSE|dist\/index\.m?js(\.map)?|dist\/types\/(client|contract)\/.+\.d\.ts)$/,
    found: [],
  },
  {
    folder: "local-cloud",
    allowed:
      /^(package\.json|README\.md|LICENSE|dist\/index\.js(\.map)?|dist\/types\/(local-cloud|contract)\/.+\.d\.ts|dist\/vendor\/(fauxqs\.js|LICENSES\.txt)|dist\/program\/freshModules\.mjs)$/,
    // Those of functions and workers, by the folders that they are in, as dynalite.
    found: [/^@aws-sdk\/(client-|s3-request-presigner$)/, /^dynalite$/],
  },
];

for (const { folder, allowed, found } of others) {
  describe(`what the package of ${folder}/ packs`, () => {
    const manifest = manifestOf(folder);

    it("is its code and types, and requires what it brings", () => {
      const files = packedFiles(folder);
      expect(files.filter((file) => !allowed.test(file))).to.deep.equal([]);
      for (const file of [manifest.main, manifest.types, ...flat(manifest.exports)]) {
        expect(files).to.include(file.replace(/^\.\//, ""));
      }
      const code = files.filter((file) => /(?<!vendor\/.*)\.m?js$|\.d\.ts$/.test(file));
      const required = code.flatMap((file) =>
        [...readFileSync(join(root, folder, file), "utf8").matchAll(packageRequest)].map(([, name]) => name!),
      );
      const names = new Set(required.filter((name) => !isBuiltin(name)));
      const { dependencies, peerDependencies } = manifest;
      const brought = Object.keys({ ...dependencies, ...peerDependencies });
      expect(brought).to.include.members([...names]);
      const isFound = (name: string) => names.has(name) || found.some((pattern) => pattern.test(name));
      expect(brought.filter((name) => !isFound(name))).to.deep.equal([]);
    });

    it("has the version of the whole", () => {
      expect(manifest.version).to.equal(manifestOf(".").version);
    });
  });
}

it("the root, which holds the code of both, brings what they bring", () => {
  const { dependencies, optionalDependencies, peerDependencies } = manifestOf(".");
  const local = manifestOf("local-cloud");
  expect({ ...dependencies }).to.include(manifestOf("client").dependencies);
  expect({ ...dependencies, ...optionalDependencies }).to.include(local.dependencies);
  expect(Object.keys(local.dependencies)).to.include.members(Object.keys(optionalDependencies));
  expect(peerDependencies).to.include(local.peerDependencies);
});

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
}

function flat(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Object.values(value as Record<string, unknown>).flatMap(flat);
}
