import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { usePages } from '../../../api/pages'
import { useEditing } from '../../../state/editing'
import { useDenied } from '../../../state/me'
import { May } from '../../../ui/May'
import { Page } from '../../../ui/Page'
import { Time, useZoneLabel } from '../../../ui/Time'
import { Wire, visible } from '../../../ui/Wire'
import { List } from '../List'
import { Elsewhere, isElsewhere, Readable } from '../Refused'
import { NewKey } from './NewKey'
import { RevokeKey } from './RevokeKey'
import '../settings.css'

export type Key = Schemas['APIKey']

/** The keys by which programs ask the API. */
export default function APIKeys(): ReactNode {
  const allowed = useDenied('listAPIKeys') === undefined
  const keys = usePages(['api-keys'], (cursor, signal) => told(api.GET('/v1/api-keys', { signal, params: { query: { limit: 200, cursor } } })), { when: allowed })
  const zone = useZoneLabel()
  const [editing, edit] = useEditing()
  const [revoking, revoke] = useState<Key>()
  return (
    <Page
      title="API keys" description="For programs that ask the API: each sends its key as “Authorization: Bearer mw_…”. Give each a key of its own, so that one can be revoked alone." of={allowed ? [keys] : []}
      actions={<May op="createAPIKey" variant="primary" disabled={isElsewhere(keys)} disabledReason="Keys are kept by an identity provider." onClick={() => edit('new')}>Make a key</May>}
    >
      <Readable op="listAPIKeys" what="the API keys">
        {isElsewhere(keys)
          ? <Elsewhere of={keys}>A program signs its requests with the credentials of an AWS role (SigV4), or sends a token of the user pool.</Elsewhere>
          : (
            <List<Key>
              title="Keys" what="keys" of={keys} idOf={(k) => k.id} textOf={(k) => `${k.name} ${k.owner} ${k.role} ${k.id}`} sort={{ column: 'name' }}
              empty="No program has a key yet. Make one for each that is to read or to triage detections."
              columns={[
                { id: 'name', header: 'Key', isRowHeader: true, minWidth: 150, sortingField: 'name', cell: (k) => <div className="mw-settings-two"><b><Wire length={100}>{k.name}</Wire></b><span className="mw-quiet"><Wire mono length={40}>{k.id}</Wire></span></div> },
                { id: 'role', header: 'Role', minWidth: 90, sortingField: 'role', cell: (k) => <div className="mw-settings-two"><span>{k.role}</span>{k.packets && <span className="mw-quiet">and packets</span>}</div> },
                { id: 'owner', header: 'Owner', minWidth: 90, sortingField: 'owner', cell: (k) => <Wire length={64}>{k.owner}</Wire> },
                { id: 'used', header: `Last used, to the hour (${zone})`, minWidth: 190, sortingField: 'last_used', cell: (k) => <div className="mw-settings-two">{k.last_used ? <Time at={k.last_used} /> : <span>Never</span>}<span className="mw-quiet">made <Time at={k.created} /></span></div> },
                { id: 'expires', header: `Ends (${zone})`, minWidth: 180, sortingField: 'expires_at', cell: (k) => <Ends of={k} /> },
                { id: 'does', header: 'Actions', minWidth: 90, cell: (k) => <May op="revokeAPIKey" variant="inline-link" ariaLabel={`Revoke ${visible(k.name, 60)}`} onClick={() => revoke(k)}>Revoke</May> },
              ]}
            />
          )}
        {editing === 'new' && <NewKey close={() => edit(undefined)} />}
        {revoking && <RevokeKey of={revoking} close={() => revoke(undefined)} />}
      </Readable>
    </Page>
  )
}

const week = 7 * 86_400_000

function Ends({ of: k }: { of: Key }): ReactNode {
  if (!k.expires_at) return <StatusIndicator type="warning">Never</StatusIndicator>
  const left = Date.parse(k.expires_at) - Date.now()
  return (
    <div className="mw-settings-two">
      <Time at={k.expires_at} />
      {left <= 0 ? <StatusIndicator type="stopped">Has ended</StatusIndicator> : left < week && <StatusIndicator type="warning">Within a week</StatusIndicator>}
    </div>
  )
}
