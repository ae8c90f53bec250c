// Finishes dist/ after the builds: takes inline scripts out of the pages, so that the content security
// policy needs no exception (browsers before Chrome 40 do not know hashes in it), and gzips what compresses.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

const style = readdirSync(join(dist, 'assets')).find((name) => /^tv-.*\.css$/.test(name));
const television = join(dist, 'tv', 'index.html');
writeFileSync(television, readFileSync(television, 'utf8').replace('</title>', `</title>\n    <link rel="stylesheet" href="/assets/${style}" />`));

for (const page of ['tv', 'console']) {
  const path = join(dist, page, 'index.html');
  const html = readFileSync(path, 'utf8').replace(
    /<script((?:(?!\ssrc=)[^>])*)>([^<]+)<\/script>/g,
    (_, attributes, code) => {
      const hash = createHash('sha256').update(code).digest('base64url').slice(0, 8);
      const name = `assets/${page}-start-${hash}.js`;
      writeFileSync(join(dist, name), code + '\n');
      return `<script${attributes} src="/${name}"></script>`;
    },
  );
  writeFileSync(path, html.replace(/\n\s*\n/g, '\n'));
}

for (const entry of readdirSync(join(dist, 'assets'))) {
  if (!/\.(js|css|svg)$/.test(entry)) continue;
  const path = join(dist, 'assets', entry);
  const plain = readFileSync(path);
  const packed = gzipSync(plain, { level: 9 });
  // Byte 9 of a gzip head is the operating system of the packer; 255 (unknown) keeps the build the same everywhere.
  packed[9] = 255;
  if (packed.length < plain.length * 0.9) writeFileSync(path + '.gz', packed);
}
