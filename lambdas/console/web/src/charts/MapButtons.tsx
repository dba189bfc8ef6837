import Button from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import type { Looking } from './useLooking'

/** Zooming for who has no wheel. */
export function MapButtons({ looking }: { looking: Looking }): ReactNode {
  return (
    <div className="mw-map-buttons">
      <Button iconName="zoom-in" ariaLabel="Zoom in" onClick={() => looking.zoom(1.4)} />
      <Button iconName="zoom-out" ariaLabel="Zoom out" onClick={() => looking.zoom(1 / 1.4)} />
      <Button iconName="zoom-to-fit" ariaLabel="Show all" onClick={looking.fit} />
    </div>
  )
}
