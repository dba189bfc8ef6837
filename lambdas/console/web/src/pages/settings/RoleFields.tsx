import FormField from '@cloudscape-design/components/form-field'
import RadioGroup from '@cloudscape-design/components/radio-group'
import SpaceBetween from '@cloudscape-design/components/space-between'
import Toggle from '@cloudscape-design/components/toggle'
import type { ReactNode } from 'react'
import type { Me } from '../../api/names'

export type Role = Me['role']

/** What each role may, in a line. Each may what those before it may. */
export const roles: Record<Role, string> = {
  viewer: 'Sees detections, devices, records and coverage, and changes nothing.',
  analyst: 'Triages detections, too, and makes the rules that hide some.',
  admin: 'Changes everything: parameters, notifications, users and keys; reads the audit log.',
}

interface Props {
  role: Role
  packets: boolean
  change: (part: { role?: Role; packets?: boolean }) => void
  fixed?: string // why the role cannot be another
  wrong?: string
}

/** The role, and the right to read packets. */
export function RoleFields({ role, packets, change, fixed, wrong }: Props): ReactNode {
  return (
    <SpaceBetween size="m">
      <FormField label="Role" constraintText={fixed} errorText={wrong}>
        <RadioGroup
          value={role} onChange={(e) => change({ role: e.detail.value as Role })}
          items={(Object.keys(roles) as Role[]).map((r) => ({ value: r, label: r, description: roles[r], disabled: fixed !== undefined && r !== role }))}
        />
      </FormField>
      <Toggle checked={packets} onChange={(e) => change({ packets: e.detail.checked })} description="What was on the wire, with all that was said in the clear. Each look is in the audit log.">May read packets</Toggle>
    </SpaceBetween>
  )
}
