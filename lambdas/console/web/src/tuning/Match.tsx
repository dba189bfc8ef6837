import type { ReactNode } from 'react'
import type { DetectionFilter } from '../api/names'
import { useNames } from '../detections/suggest'
import { filterWords } from '../detections/words'
import { Wire } from '../ui/Wire'

/** What a filter asks for, in a sentence. */
export function Match({ of }: { of: DetectionFilter }): ReactNode {
  return <Wire length={500} whole>{filterWords(of, useNames())}</Wire>
}
