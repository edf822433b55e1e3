/**
 * Options for every `ssh` that is started: no question is ever asked, a host is known or refused, nothing of this host is lent to the other
 * one whatever the configuration says, and a dead connection ends after ten minutes.
 */
export const SSH_OPTIONS: readonly string[] = [
  '-oBatchMode=yes',
  '-oStrictHostKeyChecking=yes',
  '-oForwardAgent=no',
  '-oForwardX11=no',
  '-oClearAllForwardings=yes',
  '-oPermitLocalCommand=no',
  '-oServerAliveInterval=60',
  '-oServerAliveCountMax=10',
]
