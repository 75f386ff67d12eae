import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect } from "chai";
import { packageRoot } from "../../contract/packageRoot";

const root = packageRoot();
const read = (file: string) => readFileSync(file, "utf8");

/** Files below a folder, without what is installed or built. */
function filesIn(folder: string, name: RegExp): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(node_modules|dist)$/.test(entry.name) ? [] : filesIn(path, name);
    return name.test(entry.name) ? [join(root, path)] : [];
  });
}

const documents = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map((file) => join(root, file)),
  ...["docs", "worker-image", "examples", "client", "local-cloud"].flatMap((folder) => filesIn(folder, /\.md$/)),
];
const sources = ["components", "functions", "contract", "console", "cli", "client", "worker-image/src"].flatMap(
  (folder) => filesIn(folder, /\.tsx?$/),
);

/** Anchors of a document's headings, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  const text = read(file).replace(/^```[\s\S]*?^```/gm, "");
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** The reason why a link of a file leads nowhere. */
function brokenLink(file: string, base: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? file : resolve(base, path);
  const shown = `${relative(root, file)}: ${link}`;
  if (!existsSync(target)) return shown;
  if (anchor === undefined || statSync(target).isDirectory() || !target.endsWith(".md")) return undefined;
  return anchorsOf(target).includes(anchor) ? undefined : shown;
}

describe("every link", () => {
  it("of the documents leads to a file and a section", () => {
    const links = documents.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link!)
        .filter((link) => !/^[a-z]+:/.test(link))
        .map((link) => brokenLink(file, dirname(file), link)),
    );
    expect(links.length).to.be.greaterThan(100);
    expect(links.filter((broken) => broken !== undefined)).to.deep.equal([]);
  });

  it("of alarms, launch problems, errors and comments does, too", () => {
    const links = sources.flatMap((file) =>
      [...read(file).matchAll(/docs\/[\w/-]+\.md(?:#[a-z-]+)?/g)].map(([link]) => brokenLink(file, root, link)),
    );
    expect(links.length).to.be.greaterThan(20);
    expect(links.filter((broken) => broken !== undefined)).to.deep.equal([]);
  });

  it("of the table of questions is one of the page's, and each question is in it", () => {
    const page = read(join(root, "docs/operations.md"));
    const [table] = page.split("\n## ");
    const linked = [...table!.matchAll(/\]\(#([a-z-]+)\)/g)].map(([, anchor]) => anchor!);
    const runbooks = page
      .split(/^## /m)
      .filter((section) => section.includes("\n**You see**"))
      .map((section) => section.split("\n")[0]!.toLowerCase().replaceAll(" ", "-"));
    expect(linked).to.include.members(runbooks);
    for (const section of page.split(/^## /m).filter((each) => each.includes("\n**You see**"))) {
      expect(section, section.split("\n")[0]).to.include("\n**Do**").and.to.include("\n**Over**");
    }
  });
});
