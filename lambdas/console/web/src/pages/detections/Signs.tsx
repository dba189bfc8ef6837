// Two small signs, drawn here: Cloudscape's icons measure themselves, which costs a layout each.
import type { ReactNode } from 'react'

const sign = (d: string): ReactNode => (
  <svg className="mw-sign" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
    <path d={d} />
  </svg>
)

export const Check = (): ReactNode => sign('M1 6.5 L4.5 10 L11 2.5')
export const Arrow = (): ReactNode => sign('M3.5 1 L8.5 6 L3.5 11')
