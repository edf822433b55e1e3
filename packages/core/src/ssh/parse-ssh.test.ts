import { describe, expect, it } from 'vitest'
import { hostKeyAlgorithms, judgeHostKey, parseKnownHosts } from './parse-known-hosts.js'
import { parseSshSettings } from './parse-ssh-settings.js'
import { isQuotable, joinWords } from './remote-words.js'

const surroundings = { host: 'mgs', home: '/root', localUser: 'me', authSocket: '/agent' }

describe('the settings of a host', () => {
  it('are those that ssh -G prints, with tokens expanded', () => {
    const text = [
      'user backup',
      'hostname 10.0.0.1',
      'port 2222',
      'identityfile ~/.ssh/id_%h_%r',
      'identityfile /keys/with blank',
      'userknownhostsfile /root/.ssh/known_hosts /root/.ssh/known_hosts2',
      'globalknownhostsfile /etc/ssh/ssh_known_hosts',
      'identityagent none',
      'identitiesonly yes',
      'connecttimeout 5',
      'serveraliveinterval 7',
      'serveralivecountmax 2',
      'hostkeyalias mgs-pair',
      'proxycommand none',
    ].join('\n')
    expect(parseSshSettings(text, surroundings)).toEqual({
      hostname: '10.0.0.1',
      port: 2222,
      user: 'backup',
      identityFiles: ['/root/.ssh/id_10.0.0.1_backup', '/keys/with blank'],
      knownHostsFiles: ['/root/.ssh/known_hosts', '/root/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts'],
      hostKeyAlias: 'mgs-pair',
      agent: null,
      identitiesOnly: true,
      connectTimeoutSeconds: 5,
      aliveIntervalSeconds: 7,
      aliveCountMax: 2,
      proxy: null,
    })
  })

  it('have defaults that notice a dead connection, and the agent of the environment', () => {
    expect(parseSshSettings('connecttimeout none\nserveraliveinterval 0\n', surroundings)).toMatchObject({
      hostname: 'mgs',
      port: 22,
      user: 'me',
      agent: '/agent',
      connectTimeoutSeconds: 30,
      aliveIntervalSeconds: 15,
      aliveCountMax: 3,
    })
  })

  it('tell a jump host or a proxy command', () => {
    expect(parseSshSettings('proxyjump gate', surroundings).proxy).toBe('gate')
    expect(parseSshSettings('proxycommand nc %h %p', surroundings).proxy).toBe('nc %h %p')
  })
})

describe('known_hosts', () => {
  const key = (text: string) => Buffer.from(text).toString('base64')
  const known = parseKnownHosts(
    [
      '# Host mgs found: line 1',
      `|1|salt=|hash= ssh-rsa ${key('rsa')}`,
      '# Host mgs found: line 3 REVOKED',
      `@revoked mgs ssh-ed25519 ${key('stolen')} comment`,
      '# Host mgs found: line 4 CA',
      `@cert-authority *.site ssh-ed25519 ${key('authority')}`,
    ].join('\n'),
  )
  it.each([
    ['rsa', 'trusted'],
    ['stolen', 'revoked'],
    ['authority', 'changed'],
    ['other', 'changed'],
  ] as const)('the key %s is %s', (text, verdict) => {
    expect(judgeHostKey(Buffer.from(text), known)).toBe(verdict)
  })

  it('without an entry every key is unknown', () => {
    expect(judgeHostKey(Buffer.from('rsa'), parseKnownHosts(''))).toBe('unknown')
  })

  it('decide which key is asked for first', () => {
    expect(hostKeyAlgorithms(known).slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256'])
    expect(hostKeyAlgorithms(parseKnownHosts(''))[0]).toBe('ssh-ed25519')
  })
})

describe('the words of a remote command', () => {
  it('are joined by blanks, free text in single quotes', () => {
    expect(joinWords(['lctl', '-c', { quoted: 'a b; c, é && *' }, '/x/%20y'])).toBe("lctl -c 'a b; c, é && *' /x/%20y")
  })

  it.each(['', 'a b', 'a;b', '$(x)', '`x`', "it's", 'a"b', 'a\nb', '*', '~', '\\', 'é', '(x)', '#', '<'])('%j is no plain word', (word) => {
    expect(() => joinWords(['x', word])).toThrow(expect.objectContaining({ code: 'SSH_UNSAFE_WORD' }))
  })

  it.each(["it's", 'a"b', 'a\nb', '$x', '`x`', 'a\\b', '\0', '\ud800'])('%j cannot be quoted', (quoted) => {
    expect(isQuotable(quoted)).toBe(false)
    expect(() => joinWords([{ quoted }])).toThrow(expect.objectContaining({ code: 'SSH_UNSAFE_WORD' }))
  })
})
