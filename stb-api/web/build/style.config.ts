import { fileURLToPath } from 'node:url';
import customProperties from 'postcss-custom-properties';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

// The television's style is a file of its own: the legacy build would put it into its script, as a style
// element that the content security policy refuses. build/finish.mjs links it into the page.
export default defineConfig({
  root,
  publicDir: false,
  css: {
    // Custom properties came with Chrome 49, so their values are written out here.
    postcss: { plugins: [customProperties({ preserve: false })] },
  },
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    cssTarget: ['chrome38', 'safari9'],
    reportCompressedSize: false,
    rollupOptions: { input: { tv: root + 'src/tv/tv.css' } },
  },
});
