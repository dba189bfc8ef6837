import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { chunks } from './scripts/chunks.ts'
import { fonts } from './scripts/fonts.ts'
import { mended } from './scripts/mended.ts'
import { noticesModule } from './scripts/notices.ts'

// In development the API is somebody else's: `mirrorwatch serve`, or whatever MIRRORWATCH_URL names.
const api = process.env.MIRRORWATCH_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react(), mended(), noticesModule(import.meta.dirname), fonts()],
  build: { target: 'es2022', modulePreload: { polyfill: false }, sourcemap: false, chunkSizeWarningLimit: 2000, rolldownOptions: { output: { manualChunks: chunks() } } },
  server: { host: '127.0.0.1', proxy: { '/v1': { target: api, changeOrigin: true } }, fs: { strict: false } },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    setupFiles: ['src/testing/setup.ts'],
    server: { deps: { inline: [/@cloudscape-design\//] } }, // its modules import CSS, which only the bundler reads
    pool: 'threads',
    isolate: false, // one page for all files of a worker, cleared after each test: the components are large to load
    css: false,
    testTimeout: 20_000, // a machine that builds something else besides is slow, and not wrong
  },
})
