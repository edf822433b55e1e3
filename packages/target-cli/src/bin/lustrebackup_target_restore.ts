#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { targetRestore } from '../target-restore.js'

void runCommand(targetRestore)
