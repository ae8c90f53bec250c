System.import(document.getElementById('vite-legacy-entry').getAttribute('data-src'))
