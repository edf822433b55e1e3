#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { targetBackup } from '../target-backup.js'

void runCommand(targetBackup)
