// Writes src/tokens.css: our own variables with Cloudscape's colours, light and dark. The package's own variables have hashes in their names
// that differ from those of the components' release, so that dark mode would silently show light colours. `npm run tokens`; a test holds it current.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const web = join(dirname(fileURLToPath(import.meta.url)), '..')

// Ours, and what it is at Cloudscape.
const names = {
  'band-critical': 'color-background-notification-severity-critical',
  'band-high': 'color-background-notification-severity-high',
  'band-medium': 'color-background-notification-severity-medium',
  'band-low': 'color-background-notification-severity-low',
  'on-critical': 'color-text-notification-severity-critical',
  'on-high': 'color-text-notification-severity-high',
  'on-medium': 'color-text-notification-severity-medium',
  'on-low': 'color-text-notification-severity-low',
  heading: 'color-text-heading-default',
  text: 'color-text-body-default',
  'text-quiet': 'color-text-body-secondary',
  'text-dim': 'color-text-status-inactive',
  link: 'color-text-link-default',
  'link-hover': 'color-text-link-hover',
  ground: 'color-background-container-content',
  shaded: 'color-background-cell-shaded',
  divider: 'color-border-divider-default',
  'divider-quiet': 'color-border-divider-secondary',
  grid: 'color-charts-line-grid',
  selected: 'color-background-layout-toggle-selected-default',
  good: 'color-text-status-success',
  warning: 'color-text-status-warning',
  bad: 'color-text-status-error',
  info: 'color-text-status-info',
  'good-ground': 'color-background-status-success',
  'warning-ground': 'color-background-status-warning',
  'bad-ground': 'color-background-status-error',
  'info-ground': 'color-background-status-info',
  neutral: 'color-charts-status-neutral',
  mono: 'font-family-monospace',
  sans: 'font-family-base',
  // Medium and low are too faint as graphics on white (2.3:1 and 1.5:1, where WCAG 1.4.11 wants 3:1): their outline carries them there.
  'edge-critical': 'color-charts-status-critical',
  'edge-high': 'color-charts-status-high',
  'edge-medium': 'color-charts-status-medium',
  'edge-low': 'color-charts-status-low',
}

export function tokens() {
  const source = JSON.parse(readFileSync(join(web, 'node_modules/@cloudscape-design/design-tokens/index-visual-refresh.json'), 'utf8'))
  const light = []
  const dark = []
  for (const [name, theirs] of Object.entries(names)) {
    const value = source.tokens[theirs].$value
    light.push(`  --mw-${name}: ${value.light ?? value};`)
    if (value.dark && value.dark !== value.light) dark.push(`  --mw-${name}: ${value.dark};`)
  }
  return `/* Written by scripts/tokens.mjs; do not edit. */\n:root {\n${light.join('\n')}\n}\n.awsui-dark-mode, .mw-dark {\n${dark.join('\n')}\n}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(join(web, 'src/tokens.css'), tokens())
