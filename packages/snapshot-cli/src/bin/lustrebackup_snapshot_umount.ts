#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { snapshotUmount } from '../snapshot-umount.js'

void runCommand(snapshotUmount)
