import { fileURLToPath } from 'node:url';
import legacy from '@vitejs/plugin-legacy';
import { defineConfig } from 'vite';
import { messages } from './messages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

// One build for every television: the code that is tested is the code that the oldest box runs, so the
// modern chunks are left out. Chrome 38 is the oldest engine seen in boxes that still play fMP4 through MSE.
const oldest = ['chrome >= 38', 'safari >= 9', 'firefox >= 38'];

export default defineConfig({
  root,
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [messages('tv'), legacy({ targets: oldest, renderModernChunks: false, modernPolyfills: false })],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The default minifier writes template literals, which came with Chrome 41.
    minify: 'terser',
    terserOptions: { ecma: 5, safari10: true },
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    assetsInlineLimit: 0,
    rollupOptions: { input: { tv: root + 'tv/index.html' } },
  },
});
