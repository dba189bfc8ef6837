import Badge from '@cloudscape-design/components/badge'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { useState, type ReactNode } from 'react'
import { api, told, type Schemas } from '../../../api/client'
import { usePages } from '../../../api/pages'
import { useEditing } from '../../../state/editing'
import { useDenied, useMe } from '../../../state/me'
import { May } from '../../../ui/May'
import { Page } from '../../../ui/Page'
import { Time, useZoneLabel } from '../../../ui/Time'
import { Wire } from '../../../ui/Wire'
import { counted } from '../../../ui/number'
import { List } from '../List'
import { Elsewhere, isElsewhere, Readable } from '../Refused'
import { RowActions } from '../RowActions'
import { ChangeUser } from './ChangeUser'
import { DeleteUser } from './DeleteUser'
import { NewUser } from './NewUser'
import { ResetPassword } from './ResetPassword'
import { SetPassword } from './SetPassword'
import { UserSessions } from './UserSessions'
import '../settings.css'

export type User = Schemas['User']

type Doing = { what: 'reset' | 'set' | 'sessions' | 'delete'; user: User }

/** Who may sign in, and what each may. */
export default function Users(): ReactNode {
  const allowed = useDenied('listUsers') === undefined
  const users = usePages(['users'], (cursor, signal) => told(api.GET('/v1/users', { signal, params: { query: { limit: 200, cursor } } })), { when: allowed })
  const me = useMe()
  const zone = useZoneLabel()
  const [editing, edit] = useEditing()
  const [doing, does] = useState<Doing>()
  const open = users.data?.items.find((u) => u.name === editing)
  const close = () => edit(undefined)
  return (
    <Page
      title="Users" description="Who may sign in here, and what each may do." of={allowed ? [users] : []}
      actions={<May op="createUser" variant="primary" disabled={isElsewhere(users)} disabledReason="Users are kept by an identity provider." onClick={() => edit('new')}>Make a user</May>}
    >
      <Readable op="listUsers" what="the users">
        {isElsewhere(users)
          ? <Elsewhere of={users}>
              Add people to it there, and each to one of its groups mirrorwatch-viewer, mirrorwatch-analyst or mirrorwatch-admin. Whoever may read packets is in mirrorwatch-packets besides, which is no role by itself.
              Passwords and second factors are its matter as well.
            </Elsewhere>
          : (
            <List<User>
              title="Users" what="users" of={users} idOf={(u) => u.name} textOf={(u) => `${u.name} ${u.full_name ?? ''} ${u.role}`} sort={{ column: 'name' }} empty="There are none, which cannot be: you are one."
              columns={[
                { id: 'name', header: 'User', isRowHeader: true, minWidth: 180, sortingField: 'name', cell: (u) => <Named of={u} own={u.name === me.name} /> },
                { id: 'role', header: 'Role', minWidth: 130, sortingField: 'role', cell: (u) => <div className="mw-settings-two"><span>{u.role}</span>{u.packets && <span className="mw-quiet">and packets</span>}</div> },
                { id: 'state', header: 'State', minWidth: 230, cell: (u) => <State of={u} /> },
                { id: 'login', header: `Last signed in (${zone})`, minWidth: 170, sortingField: 'last_login', cell: (u) => (u.last_login ? <Time at={u.last_login} /> : <span className="mw-quiet">Never</span>) },
                { id: 'does', header: 'Actions', minWidth: 130, cell: (u) => <Actions of={u} own={u.name === me.name} edit={() => edit(u.name)} does={does} /> },
              ]}
            />
          )}
        {editing === 'new' && <NewUser close={close} />}
        {open && <ChangeUser key={open.name} of={open} own={open.name === me.name} close={close} />}
        {doing?.what === 'reset' && <ResetPassword of={doing.user} close={() => does(undefined)} />}
        {doing?.what === 'set' && <SetPassword of={doing.user} close={() => does(undefined)} />}
        {doing?.what === 'sessions' && <UserSessions of={doing.user} close={() => does(undefined)} />}
        {doing?.what === 'delete' && <DeleteUser of={doing.user} close={() => does(undefined)} />}
      </Readable>
    </Page>
  )
}

function Named({ of: u, own }: { of: User; own: boolean }): ReactNode {
  return (
    <div className="mw-settings-two">
      <span className="mw-settings-row"><b><Wire length={64}>{u.name}</Wire></b>{own && <Badge color="blue">You</Badge>}</span>
      {u.full_name && <Wire length={128}>{u.full_name}</Wire>}
    </div>
  )
}

function State({ of: u }: { of: User }): ReactNode {
  const locked = u.locked_until && Date.parse(u.locked_until) > Date.now()
  return (
    <div className="mw-settings-two">
      {u.disabled ? <StatusIndicator type="stopped">Disabled</StatusIndicator>
        : locked ? <StatusIndicator type="warning">Locked until <Time at={u.locked_until} label /></StatusIndicator>
        : u.must_change ? <StatusIndicator type="pending">Must change password</StatusIndicator>
        : <StatusIndicator type="success">Enabled</StatusIndicator>}
      {(u.failures ?? 0) > 0 && <span className="mw-quiet">{counted(u.failures ?? 0, 'wrong password')} since</span>}
    </div>
  )
}

function Actions({ of: u, own, edit, does }: { of: User; own: boolean; edit: () => void; does: (d: Doing) => void }): ReactNode {
  const ownPassword = own ? 'Change your own password in the menu at the top: this would end your session.' : undefined
  return (
    <RowActions
      named={u.name} first={{ text: 'Change', op: 'updateUser', run: edit }}
      rest={[
        { text: 'Reset the password', op: 'resetUserPassword', against: ownPassword, run: () => does({ what: 'reset', user: u }) },
        { text: 'Choose a password', op: 'setUserPassword', against: ownPassword, run: () => does({ what: 'set', user: u }) },
        { text: 'Sessions', op: 'listUserSessions', run: () => does({ what: 'sessions', user: u }) },
        { text: 'Delete', op: 'deleteUser', against: own ? 'This is your own account: another administrator has to delete it.' : undefined, run: () => does({ what: 'delete', user: u }) },
      ]}
    />
  )
}
