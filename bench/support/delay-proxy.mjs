import { connect, createServer } from 'node:net'

/** A port that leads to another one and holds every byte back for half of `roundTripMs` in each direction, whatever the throughput. */
export async function startDelayProxy(targetPort, roundTripMs) {
  const sockets = new Set()
  const server = createServer((client) => {
    const upstream = connect(targetPort, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    delay(client, upstream, roundTripMs / 2)
    delay(upstream, client, roundTripMs / 2)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One timer for what is under way, however much that is. */
function delay(from, to, delayMs) {
  const underWay = []
  let timer = null
  const release = () => {
    timer = null
    while (underWay.length > 0 && underWay[0].at <= performance.now()) {
      const { chunk } = underWay.shift()
      if (chunk === null) to.end()
      else to.write(chunk)
    }
    if (underWay.length > 0) timer = setTimeout(release, underWay[0].at - performance.now())
  }
  const hold = (chunk) => {
    underWay.push({ chunk, at: performance.now() + delayMs })
    if (timer === null) timer = setTimeout(release, delayMs)
  }
  from.on('data', hold)
  from.on('end', () => hold(null))
  from.on('close', () => to.destroySoon?.())
}
