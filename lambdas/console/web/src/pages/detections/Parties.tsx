// Who did it, and to whom.
import type { ReactNode } from 'react'
import type { Detection, Participant } from '../../api/names'
import { DeviceLink } from '../../ui/Link'
import { counted } from '../../ui/number'

/** Gives the participants of a role. */
export const partiesOf = (d: Detection, role: Participant['role']): Participant[] => d.participants?.filter((p) => p.role === role) ?? []

/** One participant, by name and address. */
export function Party({ of }: { of: Participant }): ReactNode {
  return (
    <span className="mw-party">
      <DeviceLink id={of.device} name={of.hostname} address={of.address} />
      {of.external && <span className="mw-dim"> outside</span>}
    </span>
  )
}

/** The first of several, and how many more there are. */
export function First({ of, none }: { of: readonly Participant[]; none?: string }): ReactNode {
  const [first] = of
  if (!first) return <span className="mw-dim">{none}</span>
  return (
    <>
      <Party of={first} />
      {of.length > 1 && <span className="mw-dim"> and {counted(of.length - 1, 'other')}</span>}
    </>
  )
}

/** Offender, arrow, victim; for an ear the words. */
export function Parties({ d }: { d: Detection }): ReactNode {
  const [offenders, victims] = [partiesOf(d, 'offender'), partiesOf(d, 'victim')]
  return (
    <span className="mw-card-parties">
      {offenders.length > 0 && (
        <span>
          <span className="mw-hidden">Offender: </span>
          <First of={offenders} />
        </span>
      )}
      {victims.length > 0 && (
        <span>
          {offenders.length > 0 ? (
            <span aria-hidden="true" className="mw-dim">
              →{' '}
            </span>
          ) : (
            <span aria-hidden="true" className="mw-dim">
              on{' '}
            </span>
          )}
          <span className="mw-hidden">Victim: </span>
          <First of={victims} />
        </span>
      )}
    </span>
  )
}
