import Autosuggest, { type AutosuggestProps } from '@cloudscape-design/components/autosuggest'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { api, told } from '../api/client'
import { useRead } from '../api/read'
import { useGo } from '../state/url'
import { fewest, placesOf, type Place } from './find'

const pause = 200 // ms without a key before the API is asked

/** The search over every page: a device, an address, a domain, a detection. Enter goes to the best that was found. */
export function Search(): ReactNode {
  const [text, setText] = useState('')
  const settled = useSettled(text.trim(), pause)
  const { places, state } = useFound(settled)
  const go = useGo()
  const chosen = useRef(false)
  const awaited = useRef<string>(undefined) // Enter was pressed before the answer was there
  const lead = (p: Place | undefined) => {
    if (!p) return
    awaited.current = undefined
    setText('')
    go(p.to, p.query)
  }
  const current = settled === text.trim() && state !== 'loading'
  useEffect(() => {
    if (current && awaited.current === settled) lead(places[0])
  })
  const enter = () => {
    if (chosen.current) chosen.current = false
    else if (text.trim()) current ? lead(places[0]) : (awaited.current = text.trim())
  }
  return (
    <div className="mw-search" role="search">
      <Autosuggest
        value={text}
        onChange={(e) => {
          awaited.current = undefined
          setText(e.detail.value)
        }}
        onSelect={(e) => {
          const p = places.find((x) => x.id === e.detail.value)
          chosen.current = p !== undefined
          lead(p)
          setTimeout(() => { chosen.current = false })
        }}
        onKeyDown={(e) => { if (e.detail.key === 'Enter') enter() }}
        options={text.trim() ? grouped(places) : []}
        statusType={text.trim() ? state : 'finished'}
        loadingText="Searching"
        errorText="The search failed. It is tried again by itself."
        empty={text.trim() ? 'Nothing was found' : 'A name, an address, a domain, or the id of a detection'}
        filteringType="manual"
        hideEnteredTextOption
        placeholder="Find a device, address, domain or detection"
        ariaLabel="Search"
        enteredTextLabel={(v) => `Search for ${v}`}
        disableBrowserAutocorrect
        expandToViewport
      />
    </div>
  )
}

function grouped(places: readonly Place[]): AutosuggestProps.OptionGroup[] {
  return (['Devices', 'Detections', 'Everywhere'] as const).flatMap((label) => {
    const of = places.filter((p) => p.group === label)
    return of.length > 0 ? [{ label, options: of.map((p) => ({ value: p.id, label: p.label, description: p.description })) }] : []
  })
}

function useFound(text: string): { places: Place[]; state: 'loading' | 'error' | 'finished' } {
  const devices = useRead(['devices', 'search', text], (signal) => told(api.GET('/v1/devices', { params: { query: { text, limit: 50 } }, signal })), { when: text.length > 0 && text.length <= 200 })
  const detections = useRead(['detections', 'search', text], (signal) => detectionsWith(text, signal), { when: text.length >= fewest && text.length <= 200 })
  const asked = [text.length > 0 ? devices : undefined, text.length >= fewest ? detections : undefined]
  const state = asked.some((r) => r?.state === 'loading') ? 'loading' : asked.some((r) => r?.state === 'failed') ? 'error' : 'finished'
  return { places: placesOf(text, devices.data?.items ?? [], detections.data ?? []), state }
}

// detectionsWith finds by id what looks like one, and else by what is in the detection.
async function detectionsWith(text: string, signal: AbortSignal) {
  if (/^[0-9a-f]{32}$/i.test(text)) {
    const one = await api.GET('/v1/detections/{id}', { params: { path: { id: text.toLowerCase() } }, signal })
    if (one.data) return [one.data]
  }
  return (await told(api.GET('/v1/detections', { params: { query: { text, sort: '-score', limit: 5 } }, signal }))).items
}

function useSettled(value: string, ms: number): string {
  const [settled, set] = useState(value)
  useEffect(() => {
    const t = setTimeout(() => set(value), ms)
    return () => clearTimeout(t)
  }, [value, ms])
  return settled
}

/** Puts the keyboard into the search; on narrow screens it has to be opened first. */
export function focusSearch(): void {
  const visibleOne = () => [...document.querySelectorAll<HTMLInputElement>('#mw-top .mw-search input')].find((i) => i.checkVisibility({ visibilityProperty: true }))
  if (!visibleOne()) [...document.querySelectorAll<HTMLElement>('#mw-top [data-utility-special="search"] button, #mw-top [data-utility-special="search"] a')].find((b) => b.checkVisibility({ visibilityProperty: true }))?.click()
  requestAnimationFrame(() => visibleOne()?.focus())
}
