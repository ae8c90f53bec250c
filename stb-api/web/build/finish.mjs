// Finishes dist/ after the builds: rewrites the polyfills for old engines, takes inline scripts out of the pages,
// so that the content security policy needs no exception (browsers before Chrome 40 do not know hashes in it),
// checks that the television's scripts are ES5, and gzips what compresses.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { transformSync } from '@babel/core';
import { parse } from 'acorn';
import { minify } from 'terser';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

const assets = join(dist, 'assets');
const hashOf = (text) => createHash('sha256').update(text).digest('base64url').slice(0, 8);

// The bundler's own module helper stays in the polyfills as arrow functions (Chrome 45).
const polyfills = readdirSync(assets).find((name) => name.startsWith('polyfills-legacy-'));
const old = transformSync(readFileSync(join(assets, polyfills), 'utf8'), {
  babelrc: false,
  configFile: false,
  compact: true,
  sourceType: 'script',
  presets: [['@babel/preset-env', { targets: { chrome: '38', safari: '9', firefox: '38' } }]],
});
const packedPolyfills = (await minify(old.code, { ecma: 5, safari10: true })).code + '\n';
const renamed = `polyfills-legacy-${hashOf(packedPolyfills)}.js`;
rmSync(join(assets, polyfills));
writeFileSync(join(assets, renamed), packedPolyfills);

const style = readdirSync(assets).find((name) => /^tv-.*\.css$/.test(name));
const television = join(dist, 'tv', 'index.html');
writeFileSync(television, readFileSync(television, 'utf8').replace(polyfills, renamed).replace('</title>', `</title>\n    <link rel="stylesheet" href="/assets/${style}" />`));

for (const page of ['tv', 'console']) {
  const path = join(dist, page, 'index.html');
  const html = readFileSync(path, 'utf8').replace(
    /<script((?:(?!\ssrc=)[^>])*)>([^<]+)<\/script>/g,
    (_, attributes, code) => {
      const name = `assets/${page}-start-${hashOf(code)}.js`;
      writeFileSync(join(dist, name), code + '\n');
      return `<script${attributes} src="/${name}"></script>`;
    },
  );
  writeFileSync(path, html.replace(/\n\s*\n/g, '\n'));
}

for (const entry of readdirSync(assets)) {
  if (!/-legacy-.*\.js$|^tv-start-.*\.js$/.test(entry)) continue;
  try {
    parse(readFileSync(join(assets, entry), 'utf8'), { ecmaVersion: 5 });
  } catch (cause) {
    throw new Error(`${entry} is not ES5, which is all that old boxes read: ${cause.message}`);
  }
}

for (const entry of readdirSync(assets)) {
  if (!/\.(js|css|svg)$/.test(entry)) continue;
  const path = join(assets, entry);
  const plain = readFileSync(path);
  const packed = gzipSync(plain, { level: 9 });
  // Byte 9 of a gzip head is the operating system of the packer; 255 (unknown) keeps the build the same everywhere.
  packed[9] = 255;
  if (packed.length < plain.length * 0.9) writeFileSync(path + '.gz', packed);
}
