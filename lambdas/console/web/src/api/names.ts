// Short names of what the API gives.
import type { Schemas } from './client'

export type Detection = Schemas['Detection']
export type DetectionFilter = Schemas['DetectionFilter']
export type ParticipantFilter = Schemas['ParticipantFilter']
export type Participant = Schemas['Participant']
export type Band = Schemas['Band']
export type Device = Schemas['Device']
export type Me = Schemas['Me']
export type Incident = Schemas['Incident']
export type IncidentSummary = Schemas['IncidentSummary']
export type DetectionType = Schemas['DetectionType']
export type Bucket = Schemas['Bucket']
export type ActivityMap = Schemas['ActivityMap']
export type TuningRule = Schemas['TuningRule']
