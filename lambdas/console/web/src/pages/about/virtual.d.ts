declare module 'virtual:notices' {
  export const notices: import('../../../scripts/notices').Notices
}
