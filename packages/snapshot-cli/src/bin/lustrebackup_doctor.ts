#!/usr/bin/env node
import { runCommand } from '@lustrebackup/core/cli/run-command'
import { siteDoctor } from '../site-doctor.js'

void runCommand(siteDoctor)
