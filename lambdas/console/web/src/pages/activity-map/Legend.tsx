import type { ReactNode } from 'react'

/** What the signs of the map mean. */
export function Legend({ vpcs, heat }: { vpcs: boolean; heat: boolean }): ReactNode {
  return (
    <ul className="mw-map-legend" aria-label="What the signs mean">
      <li><svg width="16" height="16" aria-hidden="true"><circle cx="8" cy="8" r="6" className="mw-map-shape" /></svg>inside</li>
      <li><svg width="16" height="16" aria-hidden="true"><g className="mw-map-outside"><circle cx="8" cy="8" r="6" className="mw-map-shape" /></g></svg>outside</li>
      <li><svg width="16" height="16" aria-hidden="true"><rect x="2" y="2" width="12" height="12" rx="3" className="mw-map-shape" /></svg>several, with their number</li>
      {heat
        ? <li><span className="mw-score mw-band-high">72</span>highest risk of its detections</li>
        : <li>Detections are shown of {vpcs ? 'VPCs' : 'devices and VPCs'} only</li>}
      <li>arrow: who began · thickness: bytes</li>
    </ul>
  )
}
