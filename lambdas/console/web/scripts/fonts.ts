// Takes fonts out of the style sheets, where Cloudscape has them as data: URLs: eight faces in every first load, of which a page uses two or
// three. As files of their own they are fetched where they are used, and once. The two that every page uses are asked for with the page.
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

const face = /@font-face\s*\{[^}]*\}/g
const data = /url\((["']?)data:font\/woff2;base64,([A-Za-z0-9+/=]+)\1\)/

interface Taken {
  css: string
  files: Map<string, Buffer> // by name
}

/** Gives a style sheet without fonts in it, and the fonts. */
export function taken(css: string, folder: string): Taken {
  const files = new Map<string, Buffer>()
  const out = css.replace(face, (rule) => {
    const found = data.exec(rule)
    if (!found?.[2]) return rule
    const font = Buffer.from(found[2], 'base64')
    const said = (name: string) => new RegExp(`font-${name}:\\s*["']?([\\w ]+)`).exec(rule)?.[1] ?? ''
    const hash = createHash('sha256').update(font).digest('base64url').slice(0, 8)
    const name = `${folder}/${said('family').trim().toLowerCase().replaceAll(' ', '-')}-${said('weight')}${said('style') === 'italic' ? 'i' : ''}-${hash}.woff2`
    files.set(name, font)
    return rule.replace(data, `url(/${name})`).replace('{', '{font-display:swap;') // text is there before its font is
  })
  return { css: out, files }
}

const atOnce = /-(400|700)-[^/]*\.woff2$/

export function fonts(): Plugin {
  return {
    name: 'fonts-as-files',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const names: string[] = []
        for (const asset of Object.values(bundle)) {
          if (asset.type !== 'asset' || !asset.fileName.endsWith('.css')) continue
          const { css, files } = taken(String(asset.source), 'assets')
          asset.source = css
          for (const [fileName, source] of files) this.emitFile({ type: 'asset', fileName, source })
          names.push(...files.keys())
        }
        const page = bundle['index.html']
        if (page?.type !== 'asset') return
        const links = names.filter((n) => atOnce.test(n)).map((n) => `<link rel="preload" as="font" type="font/woff2" crossorigin href="/${n}">`)
        page.source = String(page.source).replace('</head>', `${links.join('')}</head>`)
      },
    },
  }
}
