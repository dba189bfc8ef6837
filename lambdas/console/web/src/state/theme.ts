import { applyMode, Mode } from '@cloudscape-design/global-styles'
import { useLayoutEffect, useSyncExternalStore } from 'react'
import { usePrinting } from './printing'
import { useView } from './url'
import { remembered, remember } from './memory'

export type Theme = 'light' | 'dark' | 'system'

const darkSystem = () => matchMedia('(prefers-color-scheme: dark)')

/** Gives the theme of the URL or the one chosen last, and keeps the page in it. */
export function useTheme(): [Theme, (t: Theme) => void, 'light' | 'dark'] {
  const [query, change] = useView()
  const dark = useSyncExternalStore(watchSystem, () => darkSystem().matches)
  const asked = query.theme ?? remembered('theme')
  const theme: Theme = asked === 'light' || asked === 'dark' ? asked : 'system'
  const shown = theme === 'system' ? (dark ? 'dark' : 'light') : theme
  const printing = usePrinting()
  useLayoutEffect(() => apply(shown === 'dark' && !printing), [shown, printing]) // paper is white
  return [theme, (t) => {
    remember('theme', t)
    change({ theme: query.theme ? t : undefined })
  }, shown]
}

// apply sets what public/theme.js has set before the console was there, and Cloudscape's own.
function apply(dark: boolean): void {
  applyMode(dark ? Mode.Dark : Mode.Light)
  document.documentElement.style.colorScheme = dark ? 'dark' : 'light'
  document.documentElement.classList.toggle('mw-dark', dark)
}

function watchSystem(tell: () => void): () => void {
  const media = darkSystem()
  media.addEventListener('change', tell)
  return () => media.removeEventListener('change', tell)
}
