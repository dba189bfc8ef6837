// What of a fix can be copied: a command, or a statement of a policy. Names come from AWS and from tags, so that only what is plainly harmless is
// put into a command; the sentence of the fix is shown in any case.
import type { Schemas } from '../../api/client'

type Coverage = Schemas['Coverage']

export interface Remedy {
  what: string // what it does, for the button and above it
  text: string
}

const plain = /^[A-Za-z0-9:_./-]{1,128}$/

/** Everything that can be copied for an interface. */
export function remedies(c: Coverage): Remedy[] {
  const known = c.interface.startsWith('eni-') && plain.test(c.interface)
  const out = [permission(c), tagging(c), starting(c)].filter((r): r is Remedy => r !== undefined)
  if (known) out.push({ what: 'Says how this state came about: every tag, session and rule that was looked at', text: `mirrorwatch mirror explain ${c.interface}` })
  return out
}

// "allow ec2:X to the role of account 1" and "let the role mirrorwatch-mirror call ec2:X in account 1" are what a refused call leaves.
function permission(c: Coverage): Remedy | undefined {
  const action = /\b((?:ec2|elasticloadbalancing|ram|autoscaling|tag):[A-Z][A-Za-z]{3,60})\b/.exec(c.fix ?? '')?.[1]
  if (!action) return undefined
  return { what: 'Statement for the policy of the role', text: JSON.stringify({ Effect: 'Allow', Action: action, Resource: '*' }, null, 2) }
}

// "the tag mirrorwatch=off of instance i-1 says so"
function tagging(c: Coverage): Remedy | undefined {
  if (c.state !== 'excluded') return undefined
  const [, key = '', , resource = ''] = /\bthe tag ([^=\s]+)=(\S+) of (?:interface|instance|subnet|VPC|vpc) (\S+) says so/.exec(c.reason ?? '') ?? []
  if (!plain.test(key) || !plain.test(resource)) return undefined
  return { what: 'Tags it to be mirrored', text: `aws ec2 create-tags --resources ${resource} --tags Key=${key},Value=on${region(c)}` }
}

function starting(c: Coverage): Remedy | undefined {
  if (c.state !== 'stopped' || !c.instance || !/^i-[0-9a-f]{1,32}$/.test(c.instance)) return undefined
  return { what: 'Starts the instance', text: `aws ec2 start-instances --instance-ids ${c.instance}${region(c)}` }
}

const region = (c: Coverage) => (c.region && plain.test(c.region) ? ` --region ${c.region}` : '')
