import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../contract/packageRoot";
import { type Engine, run } from "./engine";

/** The name that the Dockerfile has for its base, less a digest. */
export const baseName = "node:24-trixie-slim";

/** As npm's packages have them: the official image's versions are of the same lines. */
const versions = { node: "24.21.0", npm: "11.21.2" };

/**
 * A stand-in for the official image, which a machine without a registry of images can't pull: Debian by debootstrap,
 * Node and npm from npm's own packages, and the user `node`. What npm needs on this machine (a registry, a proxy's
 * certificate) is in its environment. The file system is kept in node_modules for the next run.
 */
export async function importBase({ folder, client, env }: Engine): Promise<void> {
  const kept = join(packageRoot(), "node_modules", ".cache", `container-${versions.node}-${process.arch}.tar`);
  if (!existsSync(kept)) {
    const made = join(folder, "base.tar");
    await run("bash", ["-euo", "pipefail", "-c", script, folder, made, versions.node, versions.npm, process.arch]);
    mkdirSync(join(kept, ".."), { recursive: true });
    copyFileSync(made, `${kept}.tmp`);
    renameSync(`${kept}.tmp`, kept);
  }
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const changes = [`ENV PATH=${path}`, 'ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["node"]', ...machineSettings()];
  const args = ["import", ...changes.flatMap((change) => ["--change", change]), kept, baseName];
  await run(client, args, { env });
  const own = machineCertificates();
  if (own === undefined) return;
  // In a layer of the base, whose own file it stays.
  const context = join(folder, "machine");
  mkdirSync(context);
  copyFileSync(own, join(context, "machine.pem"));
  const dockerfile = `FROM ${baseName}\nCOPY machine.pem /usr/local/share/machine.pem\nENV NODE_EXTRA_CA_CERTS=/usr/local/share/machine.pem\n`;
  await run("bash", ["-c", `printf '%s' "$2" > "$1/Dockerfile"`, "-", context, dockerfile]);
  await run(client, ["build", "-t", baseName, context], { env });
}

/** `bash -c` with: folder, tar file, version of Node, version of npm, architecture. */
const script = `
rootfs=$0/rootfs
debootstrap --variant=minbase trixie "$rootfs" > "$0/debootstrap.log"
(cd "$0" && npm pack --silent "node-linux-$4@$2" "npm@$3" > packed)
mkdir -p "$rootfs/usr/local/lib/node_modules/npm"
tar xzf "$0/node-linux-$4-$2.tgz" -C "$rootfs/usr/local/bin" --strip-components=2 package/bin/node
tar xzf "$0/npm-$3.tgz" -C "$rootfs/usr/local/lib/node_modules/npm" --strip-components=1
for name in npm npx; do ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$rootfs/usr/local/bin/$name"; done
chmod +x "$rootfs/usr/local/bin/node" "$rootfs"/usr/local/lib/node_modules/npm/bin/*.js
chroot "$rootfs" groupadd --gid 1000 node
chroot "$rootfs" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
cat > "$rootfs/usr/local/bin/docker-entrypoint.sh" <<'END'
#!/bin/sh
case "\${1:-}" in -*) set -- node "$@" ;; *) command -v "\${1:-}" >/dev/null 2>&1 || set -- node "$@" ;; esac
exec "$@"
END
chmod 755 "$rootfs/usr/local/bin/docker-entrypoint.sh"
rm -rf "$rootfs"/usr/share/{doc,man,locale}/* "$rootfs"/var/cache/apt/archives/*.deb
: > "$rootfs/etc/resolv.conf"
tar -C "$rootfs" --numeric-owner -cf "$1" .
rm -rf "$rootfs"
`;

function machineSettings(): string[] {
  const registry = npmSetting("registry");
  return registry === undefined ? [] : [`ENV npm_config_registry=${registry}`];
}

/** A bundle with the certificate of the proxy that this machine's calls go through, if there is one. */
function machineCertificates(): string | undefined {
  return process.env.NODE_EXTRA_CA_CERTS ?? npmSetting("cafile");
}

function npmSetting(name: string): string | undefined {
  const value = execFileSync("npm", ["config", "get", name], { encoding: "utf8" }).trim();
  return ["", "null", "undefined", "https://registry.npmjs.org/"].includes(value) ? undefined : value;
}
