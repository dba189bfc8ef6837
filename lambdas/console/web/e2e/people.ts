// Who looks at the console: an administrator, an analyst, somebody who may only look, and somebody who has never signed in.
import { Caller } from './caller'

export interface Person {
  name: string
  password: string
  cookie: { name: string; value: string } // of a session that is open; empty for whoever must change the password first
}

export interface People {
  admin: Person
  analyst: Person
  viewer: Person
}

export type Role = keyof People

/** What a password of the setup is changed to. */
export const settled = 'a long walk along the river'

/** Lets an administrator in, and has the others made where they are not there yet. */
export async function people(url: string, boss: { name: string; password: string }): Promise<People> {
  const admin = await enter(url, boss.name, boss.password)
  const as = await Caller.with(url, admin.cookie)
  const worker = async (name: string, role: 'analyst' | 'viewer') => {
    const first = await newcomer(as, `browser-${name}`, role)
    return enter(url, `browser-${name}`, first)
  }
  return { admin, analyst: await worker('analyst', 'analyst'), viewer: await worker('viewer', 'viewer') }
}

/** Gives somebody a first password, which must be changed; makes the user where there is none. */
export async function newcomer(admin: Caller, name: string, role: 'admin' | 'analyst' | 'viewer'): Promise<string> {
  const first = `first password ${crypto.randomUUID()}`
  const made = await admin.api.POST('/v1/users', { body: { name, role, password: first } })
  if (made.response.status === 409) await admin.well(admin.api.PUT('/v1/users/{name}/password', { params: { path: { name } }, body: { password: first } }))
  else await admin.well(Promise.resolve(made))
  return first
}

/** Signs somebody in, and changes a password that must be changed. */
export async function enter(url: string, name: string, password: string): Promise<Person> {
  const who = new Caller(url)
  const me = await who.signIn(name, password)
  if (!me.must_change) return { name, password, cookie: who.cookie }
  await who.well(who.api.PUT('/v1/me/password', { body: { current: password, new: settled } }))
  return { name, password: settled, cookie: who.cookie }
}
