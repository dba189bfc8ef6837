import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import type { ReactNode } from 'react'
import type { Me } from '../api/names'
import { useMe } from '../state/me'
import { Titled } from '../shell/Titled'
import { visible } from '../ui/Wire'
import { Front } from './Front'
import { NewPassword } from './NewPassword'
import { useOwnSession } from './Session'

/** The page of whoever must set a password of their own before anything else: the one they have was made up by another. */
export function MustChange({ changed }: { changed: (me: Me) => void }): ReactNode {
  const me = useMe()
  const { signOut } = useOwnSession()
  return (
    <Titled title="Choose a password">
      <Front title="Choose a password of your own">
        <Box variant="p" color="text-body-secondary">
          You are signed in as {visible(me.name, 64)} with a password that somebody else has made. Nothing else can be done until you have chosen your own.
        </Box>
        <NewPassword name={me.name} changed={changed} other={<Button variant="link" formAction="none" onClick={signOut}>Sign out</Button>} />
      </Front>
    </Titled>
  )
}
