// Which part of a map somebody looks at: dragged, zoomed, or all of it while nobody has touched it.
import { useCallback, useEffect, useMemo, useRef, useState, type PointerEvent, type RefObject } from 'react'
import type { Places, Point } from './force'
import { fitted, panned, showing, zoomed, type Direction, type Size, type View } from './view'

export interface Looking {
  ref: RefObject<SVGSVGElement | null>
  view: View
  zoom: (factor: number) => void
  fit: () => void
  push: (to: Direction) => void
  show: (id: string) => void
  dragged: () => boolean // whether the pointer that was let go had moved the picture
  drag: Pick<React.SVGProps<SVGSVGElement>, 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onPointerCancel'>
}

const far = 4 // pixels that a pointer may tremble in a click
const stride = 60 // pixels of a step with the keyboard

export function useLooking(places: Places, size: Size): Looking {
  const ref = useRef<SVGSVGElement>(null)
  const [touched, touch] = useState<View>()
  const whole = useMemo(() => fitted(places, size), [places, size])
  const view = touched ?? whole
  const now = useRef(view)
  now.current = view
  const set = useCallback((v: View) => touch(v), [])
  const zoom = useCallback((factor: number, at?: Point) => set(zoomed(now.current, factor, at ?? { x: size.width / 2, y: size.height / 2 })), [set, size])
  useWheel(ref, zoom)
  const { dragged, drag } = useDrag(now, set)
  return {
    ref, view, zoom, dragged, drag,
    fit: () => touch(undefined),
    push: (to) => set(panned(now.current, ...strides[to])),
    show: (id) => {
      const p = places.get(id)
      const next = p && showing(now.current, p, size)
      if (next && next !== now.current) set(next)
    },
  }
}

const strides: Record<Direction, [number, number]> = { ArrowLeft: [stride, 0], ArrowRight: [-stride, 0], ArrowUp: [0, stride], ArrowDown: [0, -stride] }

// The wheel zooms with Ctrl only (a pinch on a touchpad comes as that, too): without it, it scrolls the page.
function useWheel(ref: RefObject<SVGSVGElement | null>, zoom: (factor: number, at: Point) => void): void {
  useEffect(() => {
    const e = ref.current
    const turn = (w: WheelEvent) => {
      if (!w.ctrlKey || !e) return
      w.preventDefault()
      const box = e.getBoundingClientRect()
      zoom(Math.exp(-Math.max(-50, Math.min(50, w.deltaY)) / 120), { x: w.clientX - box.left, y: w.clientY - box.top })
    }
    e?.addEventListener('wheel', turn, { passive: false })
    return () => e?.removeEventListener('wheel', turn)
  }, [ref, zoom])
}

function useDrag(now: RefObject<View>, set: (v: View) => void): Pick<Looking, 'dragged' | 'drag'> {
  const from = useRef<{ x: number; y: number; view: View }>(undefined)
  const moved = useRef(false)
  const end = () => {
    from.current = undefined
  }
  return {
    dragged: () => moved.current,
    drag: {
      onPointerDown: (e: PointerEvent<SVGSVGElement>) => {
        moved.current = false
        if (e.button === 0) from.current = { x: e.clientX, y: e.clientY, view: now.current }
      },
      onPointerMove: (e: PointerEvent<SVGSVGElement>) => {
        const f = from.current
        if (!f) return
        const [dx, dy] = [e.clientX - f.x, e.clientY - f.y]
        if (!moved.current && Math.hypot(dx, dy) < far) return
        if (!moved.current) e.currentTarget.setPointerCapture(e.pointerId) // not before: a captured pointer clicks on the picture, not on a node
        moved.current = true
        set(panned(f.view, dx, dy))
      },
      onPointerUp: end,
      onPointerCancel: end,
    },
  }
}
