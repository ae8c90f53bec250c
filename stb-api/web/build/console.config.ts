import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { messages } from './messages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

// The editors' page runs in the browsers of today's desks.
export default defineConfig({
  root,
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [messages('console')],
  server: {
    // `npm run dev` beside a running `podium demo`.
    proxy: { '/api': 'http://127.0.0.1:8080', '/live': 'http://127.0.0.1:8080' },
  },
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    target: ['chrome100', 'safari15', 'firefox100'],
    sourcemap: false,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: { input: { console: root + 'console/index.html' } },
  },
});
